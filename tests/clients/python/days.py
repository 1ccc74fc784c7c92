"""A day under a name that no field of a record has: `date: date` in a class would take the field for its own type."""

import datetime as dt
from typing import TypeAlias

Day: TypeAlias = dt.date
