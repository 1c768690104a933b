import os, sys; print(os.path.dirname(os.path.abspath(__file__)) in sys.path)
