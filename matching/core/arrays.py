"""The types of the solver's arrays."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.signedinteger]  # int64, or int32 where there are millions
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Small = NDArray[np.signedinteger]  # int16 or int32: worths of pairs
Number = type[np.int16] | type[np.int32]
