"""``python -m eventschema``: the command."""

from eventschema.cli import main

if __name__ == "__main__":
    main()
