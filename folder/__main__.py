import sys; print(sys.argv, sys.path[0], __name__, globals().get('__file__'), __package__)
