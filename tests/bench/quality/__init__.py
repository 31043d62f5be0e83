"""How good the hair looks: masks, colour, leakage, steadiness, edits, speed, sheets to look at."""
