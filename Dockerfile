# One image for the gateway and for the sandbox; the command says which.
FROM python:3.11-slim

RUN pip install --no-cache-dir uv && useradd --system --create-home ledgermesh
WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY schema/operations schema/operations
COPY src src
# The versions of pyproject.toml, as in a checkout.
RUN uv sync --no-dev --no-editable --compile-bytecode --no-cache

ENV PATH=/app/.venv/bin:$PATH
USER ledgermesh
EXPOSE 8000
ENTRYPOINT ["ledgermesh"]
CMD ["serve"]
