"""Turns a frame into a frame: look, engines, pipeline and the policy that keeps frames fresh."""
