"""Styles from words: made in the cloud, kept here, and worn as style photos are."""
