# make run      build, start a server on loopback with an echo bot, and open the prompt
# make test     build and run every test
# make install  PREFIX= DESTDIR=
# make bench    measure; SECTIONS=mls a part of it
# make order    lay side by side what short commands run; before a release
# make fuzz     TIME=seconds, in all; TARGETS=json some of them
# make lint     formatting, shell scripts, man pages

PREFIX  ?= /usr/local
DESTDIR ?=
SWIFT   ?= swift
RELEASE  = .build-release
BIN      = $(RELEASE)/release

BUILD_PACKAGES = make gcc pkg-config libssl-dev libreadline-dev libsqlite3-dev libcrypt-dev
# What the tests drive besides: shells for the completions, real peers for formats and protocols.
TEST_PACKAGES  = bash zsh fish jq mandoc openssl python3 sqlite3 util-linux procps

.PHONY: all build run test lint format bench order fuzz install uninstall clean packages test-packages

all: build

packages:
	@.ci/packages $(BUILD_PACKAGES)

test-packages: packages
	@.ci/packages $(TEST_PACKAGES)

# Static: 2.5 ms to start where a dynamic one needs 4. That takes the run-time libraries of C++ and GCC too, which the linker
# finds alone in a folder of ours, and readline, of which only the prompt has any use, and no symbols that others could look
# up: without these it is more than a millisecond more. TLS and SQLite stay those of the system, and are mended with it. lld
# lays out what is read only and what is written apart. Without "accessors" the compiler makes the types of generic code itself:
# by their names, each costs a walk over all conformances in the program at run time, and a `chat send` meets seventy.
#
# Each function is a section of its own, and those that short commands run come first (`make order`): the 3,500 of a `chat send`
# lay on 1,100 pages of 5,000. What is in the list and not in a program (any more) is passed over. Pointers that are moved at
# start take 14 KiB in the file instead of 1.7 MiB, which was 27 page faults of a start; who loads that is glibc 2.36 or newer.
# Libraries are the system's, and not looked for beside the program.
ORDER = Sources/chat/functions.order
STATIC = $(abspath $(RELEASE))/static
archive = $(wildcard $(shell gcc -print-file-name=$(1)))
export CHAT_READLINE = $(if $(and $(call archive,libreadline.a),$(call archive,libtinfo.a)),:libreadline.a :libtinfo.a,readline)
export BUILD = $(SWIFT) build -c release --static-swift-stdlib --disable-local-rpath --scratch-path $(RELEASE) \
    -Xswiftc -use-ld=lld -Xswiftc -L$(STATIC) -Xlinker --no-export-dynamic \
    -Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors \
    -Xswiftc -Xfrontend -Xswiftc -function-sections -Xcc -ffunction-sections \
    -Xlinker --symbol-ordering-file=$(abspath $(ORDER)) -Xlinker --no-warn-symbol-ordering \
    -Xlinker -z -Xlinker pack-relative-relocs

build: packages
	@mkdir -p $(STATIC)
	@library=$$(gcc -print-file-name=libstdc++.a); [ ! -f "$$library" ] || ln -sf "$$library" $(STATIC)
	@library=$$(gcc -print-file-name=libgcc_eh.a); [ ! -f "$$library" ] || ln -sf "$$library" $(STATIC)/libgcc_s.a
	$(BUILD) --product chat
	$(BUILD) --product chatd

run: build
	@PATH="$(abspath $(BIN)):$$PATH" Sources/chat/run-locally

# Apart: what computes for minutes would take the processors from what waits for real programs with deadlines. Six at
# once in the first part: a thousand tests at once in one process keep each other from meeting their deadlines.
#
# A debug build leaves also the cryptography in C unoptimised, in which the tests then spend most of their time. By the
# environment, which clang reads, because flags would have a plain `swift build` make everything anew.
test: test-packages
	CCC_OVERRIDE_OPTIONS='# O2' $(SWIFT) build --build-tests
	.ci/in-memory $(SWIFT) test --skip-build --experimental-maximum-parallelization-width 6 \
	    --skip '^(ScenarioTests|MLSTests)\.'
	.ci/in-memory $(SWIFT) test --skip-build --filter '^ScenarioTests\.'
	$(SWIFT) test --skip-build --filter '^MLSTests\.'

lint:
	$(SWIFT) format lint --strict -r Sources Tests Package.swift
	mandoc -Tlint -Wwarning man/*.[1-9]
	sh -n .ci/run .ci/packages .ci/in-memory Sources/chat/run-locally Tests/Benchmarks/run \
	    Tests/Benchmarks/order Tests/Fuzz/run
	for script in Tests/*/Scripts/*.sh Tests/*/Scripts/*.bash; do bash -n "$$script" || exit 1; done

format:
	$(SWIFT) format -i -r Sources Tests Package.swift

# Every parser under libFuzzer, with what is internal open to it.
TIME ?= 600
fuzz: test-packages
	$(SWIFT) build -c release --product chat-fuzz --sanitize=fuzzer --scratch-path .build-fuzz \
	    -Xswiftc -enable-testing -Xswiftc -DFUZZER
	@Tests/Fuzz/run $(TIME) $(TARGETS)

bench: build
	@Tests/Benchmarks/run $(SECTIONS)

order: build
	@.ci/packages valgrind
	@Tests/Benchmarks/order $(BIN) $(ORDER)
	@rm -f $(BIN)/chat $(BIN)/chatd # The next build links them by it.

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5 \
	    $(DESTDIR)$(PREFIX)/share/man/man7 $(DESTDIR)$(PREFIX)/share/man/man8 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d $(DESTDIR)$(PREFIX)/lib/systemd/system \
	    $(DESTDIR)$(PREFIX)/lib/sysusers.d
	for program in chat chatd; do \
	    strip -o $(BIN)/$$program.stripped $(BIN)/$$program && \
	    install -m 755 $(BIN)/$$program.stripped $(DESTDIR)$(PREFIX)/bin/$$program || exit 1; done
	for section in 1 5 7 8; do \
	    install -m 644 man/*.$$section $(DESTDIR)$(PREFIX)/share/man/man$$section || exit 1; done
	for program in chat chatd; do \
	    install -m 644 completions/$$program.bash \
	        $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program && \
	    install -m 644 completions/_$$program $(DESTDIR)$(PREFIX)/share/zsh/site-functions && \
	    install -m 644 completions/$$program.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d \
	    || exit 1; done
	sed 's|@PREFIX@|$(PREFIX)|g' Sources/ChatServer/chatd.service \
	    >$(DESTDIR)$(PREFIX)/lib/systemd/system/chatd.service
	install -m 644 Sources/ChatServer/chatd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/chatd.conf

uninstall:
	cd $(DESTDIR)$(PREFIX) && rm -f bin/chat bin/chatd share/man/man1/chat.1 share/man/man5/chat.conf.5 \
	    share/man/man7/chat-protocol.7 share/man/man8/chatd.8 \
	    share/bash-completion/completions/chat share/bash-completion/completions/chatd \
	    share/zsh/site-functions/_chat share/zsh/site-functions/_chatd \
	    share/fish/vendor_completions.d/chat.fish share/fish/vendor_completions.d/chatd.fish \
	    lib/systemd/system/chatd.service lib/sysusers.d/chatd.conf

# Keys, accounts and messages lie in the user's own directories, never here.
clean:
	rm -rf .build .build-*
