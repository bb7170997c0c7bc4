"""`python -m localdev`: the embedded cluster's command line."""

import sys

from localdev.cli import main

if __name__ == "__main__":
    sys.exit(main())
