"""How a request came: through which proxy, to which host, over https or not."""
