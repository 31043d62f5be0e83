"""How good the hair looks: masks, colour, leakage, steadiness, speed, and sheets to look at."""
