# Two commands for newcomers: `make run` and `make test`. Both install what is missing first, and
# do nothing twice.

CARGO ?= cargo

.PHONY: run test browser check bench needs

run: needs
	$(CARGO) run --release --locked -- serve

# Rustfmt and clippy are asked where they are installed; the tests need neither.
test: needs
	@if $(CARGO) fmt --version >/dev/null 2>&1; then $(CARGO) fmt --check; fi
	@if $(CARGO) clippy --version >/dev/null 2>&1; then $(CARGO) clippy --locked --all-targets -- -D warnings; fi
	$(CARGO) test --locked

# The pages in a real Chromium: a whole case by keyboard, axe-core on every page.
browser: needs
	@command -v npm >/dev/null || { echo "the browser test needs Node.js 20 or later with npm" >&2; exit 1; }
	@test -x "$${CHROMIUM:-/usr/bin/chromium}" || { apt-get install -y --no-install-recommends chromium fonts-noto-cjk || { apt-get update && apt-get install -y --no-install-recommends chromium fonts-noto-cjk; }; } >/dev/null
	cd tests/browser && npm ci --silent && npm test

# Every problem of knowledge/ and dialogs/, with its file and key.
check: needs
	$(CARGO) run --release --locked --quiet -- check

bench: needs
	$(CARGO) bench --locked

# OpenCC (the two scripts) is a C++ library; Debian and Ubuntu package it.
needs:
	@command -v $(CARGO) >/dev/null || { echo "luzhu needs Rust: install it from your system or with rustup, then run this again." >&2; exit 1; }
	@command -v c++ >/dev/null || command -v g++ >/dev/null || { echo "luzhu needs a C++ compiler: install the package g++, then run this again." >&2; exit 1; }
	@pkg-config --exists opencc 2>/dev/null || $(MAKE) --no-print-directory install

.PHONY: install
install:
	@command -v apt-get >/dev/null || { echo "luzhu needs OpenCC and pkg-config: install libopencc-dev and pkg-config with your system's package manager, then run this again." >&2; exit 1; }
	@if [ "$$(id -u)" = 0 ]; then as=; elif command -v sudo >/dev/null; then as=sudo; else \
	  echo "luzhu needs the packages libopencc-dev and pkg-config; ask an administrator to run: apt-get install libopencc-dev pkg-config" >&2; exit 1; fi; \
	echo "Installing libopencc-dev and pkg-config ..."; \
	{ $$as apt-get install -y --no-install-recommends libopencc-dev pkg-config || { $$as apt-get update && $$as apt-get install -y --no-install-recommends libopencc-dev pkg-config; }; } >/dev/null || { \
	  echo "The packages libopencc-dev and pkg-config could not be installed; see above, then run this again." >&2; exit 1; }
