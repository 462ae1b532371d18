"""Keeping what came in: catalog and lineage, corrections, archives, retention, holds, purges, quotas, upkeep.

Guarantees: an earlier view never changes; nothing is deleted under a hold or before the longest rule that ever held for
it; what is not known is kept; everything may be killed and begun again; what destroys or loosens takes two persons.
"""
