"""`python -m ledgermesh` is the command `ledgermesh`."""

from ledgermesh.cli import main

if __name__ == "__main__":
    main()
