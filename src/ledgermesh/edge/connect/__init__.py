"""The pages on which an end user links a company's books, and the script by which an app opens them."""
