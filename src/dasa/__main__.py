"""``python -m dasa``."""

from dasa.cli import main

if __name__ == "__main__":
    main()
