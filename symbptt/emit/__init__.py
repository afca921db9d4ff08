"""Claims as code: array modules that run a page forward and its gradients backward."""
