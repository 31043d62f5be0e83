"""Engines that run on this machine's processor, without a network."""
