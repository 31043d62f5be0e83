"""The classic engine: a Haar cascade finds the face, blending and HSV change what is above it."""
