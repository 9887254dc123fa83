"""The policy pack: `pulumi preview --policy-pack policy`. The Pulumi CLI needs no account for it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

from policy.pack import pack

pack()
