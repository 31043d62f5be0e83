"""The cloud engine: photos edited by models at Replicate, with every failure expected."""
