# The front door: each target installs the Debian packages it lacks (tools/install.sh), so that a fresh Debian 12 needs
# only make and git before it.
#
#   make              build/heddle, the release build
#   make tour         what the GIL does and what to do about it, shown live by examples/tour.py (under a minute)
#   make test         all suites on the release build; the last line is "N passed, N failed"
#   make check-all    clang's build, the suites under AddressSanitizer and ThreadSanitizer, a smoke pass of the fuzzers
#   make conformance  CPython's own test files in both modes, beside CPython (tests/cpython)
#   make torture      many threads on the same objects, both modes, release, ASan and TSan builds; SECONDS=600 in all
#   make bench        the benchmarks beside CPython and PyPy; how threads scale without the GIL
#   make profile      the release build again, by a new profile: for who changed what the eval loop does most
#   make lint         the rules of the house
#   make clean        removes the build folders
.PHONY: all tour test check-all conformance torture bench profile lint clean

RELEASE = --buildtype=debugoptimized -Db_ndebug=true -Db_pgo=use

all:
	@tools/install.sh
	@tools/build.sh build $(RELEASE)

tour: all
	@build/heddle examples/tour.py

test:
	@tools/install.sh libpython3.11-testsuite
	@tools/test.sh build $(RELEASE)

check-all:
	@tools/install.sh clang libclang-rt-14-dev
	@tools/check.sh all

SECONDS = 600
torture: all
	@tools/check.sh builds
	@tools/torture.py --seconds $(SECONDS)

conformance: all
	@tools/install.sh libpython3.11-testsuite
	@/usr/bin/python3 tests/cpython/conformance.py --gil both

bench: all
	@tools/install.sh pypy3
	@/usr/bin/python3 bench/run.py

profile:
	@rm -f build/.profile
	@$(MAKE) -s all

lint: all
	@/usr/bin/python3 tools/lint.py -v build

clean:
	rm -rf build build-*
