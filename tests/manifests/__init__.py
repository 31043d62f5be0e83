"""``python -m tests.manifests`` checks, without a cluster, what ``deploy/kubernetes/`` tells it."""
