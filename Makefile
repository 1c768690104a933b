# The front door: each target installs the Debian packages it lacks.
.PHONY: all test install clean

all: install
	@tools/build.sh build --buildtype=debugoptimized -Doptimization=1

test: install
	@tools/test.sh

install:
	@tools/install.sh

clean:
	rm -rf build
