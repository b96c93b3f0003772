"""``python -m tools.bench``, with one thread for every library."""

import os
import sys

from tools.bench.cli import main

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

# Before numpy is loaded, which happens as it is needed.
os.environ.update(dict.fromkeys(THREADS, "1"))
sys.exit(main())
