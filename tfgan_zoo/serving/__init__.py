"""A server of exported SavedModels for those who have no TensorFlow Serving: `predict` answers
requests, `ray_app` puts it behind HTTP with as many replicas, on as many machines, as one needs.
"""
