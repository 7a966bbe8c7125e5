// swift-tools-version: 6.2
import PackageDescription

// The house. Who stands on a floor uses what stands on lower ones and, on its own, further right; `Tests/HouseTests` compares.
//
//   faces:         chat  chatd  ChatCLI  mls-interop
//   libraries:     ChatClient  ChatServer
//   doors:         Secrets  Transport  StoredValues  SQLite
//   groups:        GroupRules  MLS
//   pure ground:   CLISupport  ChatProtocol  WireCodec
//   ground floor:  System
//
// Neither the pure ground nor groups use the ground floor. What is not ours is used by one target each: NIO and COpenSSL by
// Transport (NIO's loops, and queues, by the libraries, too), CSQLite by SQLite, CReadline by ChatCLI, CCrypt by ChatServer, swift-crypto by
// MLS, and CGlibc by System.
//
// CLISupport holds the manners that both programs share: exit status, JSON lines, inert text, durations, configuration.
// System is the ground floor to the C library: descriptors, files, locks, clocks, questions on the terminal. It alone
// uses the door CGlibc; the other doors hold their own library and nothing else. Secrets is what both programs ask for.
// `MLS` is a library for others too. `GroupRules` is what server and members must decide alike about accounts, devices and groups, and
// holds no secret.
// ChatClient is a façade over three owners that share an executor, those of the store, of the connections and of what these bring.
// Threads, and who owns what, stand in CONTRIBUTING.md. `Tests/HouseTests` keeps absent what must be absent.

// Every dependency, and why it earns its place:
// - swift-nio: sockets, event loops, timers, back-pressure. Hand-written epoll would save about 1 µs a delivery and
//   cost all of these. NIOHTTP1 of it is the server's alone, for its metrics: a parser of HTTP is not what we are for.
// - swift-collections: queues. NIO brings it, and its own circular buffer takes two to three times as long.
// - swift-argument-parser: commands, help and the dump from which tests compare man pages and completions.
//   It links FoundationEssentials only.
// - swift-log: the log lines of both programs. No Foundation.
// - swift-crypto: HPKE, signatures, AEAD and hashes of MLS, in `MLS/Crypto` alone. FoundationEssentials only.
// - system libraries: libssl and libcrypto (TLS 1.3, Ed25519 login keys, SHA-256), libsqlite3 (both stores; GRDB
//   would pull in the full Foundation: 50 MB of binary and 2 ms of every start), readline (the prompt), libcrypt
//   (bcrypt).
// Not taken: TOMLKit imports the full Foundation, which nothing that `chat` links may (start-up). The configuration
// files are a small strict subset of TOML, read by CLISupport.

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

// Where the prompt's library comes from. The Makefile names archives where the machine has them: a library that is loaded costs
// every command, and only the prompt uses it.
let readline = (Context.environment["CHAT_READLINE"] ?? "readline").split(separator: " ")
    .map { LinkerSetting.linkedLibrary(String($0)) }

let package = Package(
    name: "chat",
    products: [
        .executable(name: "chat", targets: ["chat"]),
        .executable(name: "chatd", targets: ["chatd"]),
        .library(name: "MLS", targets: ["MLS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        // Pure ground: no socket, no file, no clock and no randomness of its own.
        .target(name: "WireCodec", swiftSettings: strict),
        .target(name: "ChatProtocol", dependencies: ["WireCodec"], swiftSettings: strict),
        // End-to-end encrypted groups (RFC 9420), a library for others too: the one target with a public API.
        .target(
            name: "MLS", dependencies: ["WireCodec", .product(name: "Crypto", package: "swift-crypto")],
            exclude: ["README.md"], swiftSettings: strict),
        // Chains of accounts, certificates, policies and the one judge: pure functions of bytes.
        .target(name: "GroupRules", dependencies: ["WireCodec", "ChatProtocol", "MLS"], swiftSettings: strict),
        .target(name: "CLISupport", dependencies: ["WireCodec", "ChatProtocol"], swiftSettings: strict),

        // The ground floor: what is asked of the C library in one way only.
        .target(name: "System", dependencies: ["CGlibc"], swiftSettings: strict),

        // Doors to the world.
        .systemLibrary(name: "CGlibc"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CReadline", providers: [.apt(["libreadline-dev"])]),
        .systemLibrary(name: "CCrypt", pkgConfig: "libcrypt", providers: [.apt(["libcrypt-dev"])]),
        .target(name: "SQLite", dependencies: ["CSQLite", "System", "WireCodec"], swiftSettings: strict),
        .target(
            name: "Transport",
            dependencies: [
                "COpenSSL", "WireCodec", "ChatProtocol", "System",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),

        // What both programs ask a person, a file or standard input for.
        .target(name: "Secrets", dependencies: ["CLISupport", "ChatProtocol", "System"], swiftSettings: strict),

        // How the protocol's values stand in rows, for both stores.
        .target(name: "StoredValues", dependencies: ["ChatProtocol", "SQLite"], swiftSettings: strict),

        // The two libraries.
        .target(
            name: "ChatServer",
            dependencies: [
                "WireCodec",
                "ChatProtocol", "CLISupport", "GroupRules", "MLS", "Secrets", "System", "Transport", "SQLite",
                "StoredValues", "CCrypt",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["chatd.service", "chatd.sysusers"],
            swiftSettings: strict),
        .target(
            name: "ChatClient",
            dependencies: [
                "WireCodec", "ChatProtocol", "CLISupport", "System", "Transport", "SQLite", "StoredValues",
                "GroupRules", "MLS",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "ChatCLI",
            dependencies: [
                "ChatClient", "ChatProtocol", "CLISupport", "GroupRules", "Secrets", "System", "WireCodec",
                "CReadline",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict, linkerSettings: readline),

        // Faces.
        .executableTarget(
            name: "chat", dependencies: ["ChatCLI", "System"], exclude: ["run-locally", "functions.order"],
            swiftSettings: strict),
        .executableTarget(name: "chatd", dependencies: ["ChatServer", "System"], swiftSettings: strict),

        // For testers of MLS: vectors in both directions, and a server for other implementations. Not installed.
        .executableTarget(
            name: "mls-interop",
            dependencies: ["MLS", "GroupRules", "ChatProtocol", "WireCodec", "CLISupport", "System", "TestSupport"],
            swiftSettings: strict),

        // Tests. `TestSupport` waits for conditions; nothing that is installed links it.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        // Accounts with the keys of all their devices.
        .target(
            name: "RulesSupport", dependencies: ["ChatProtocol", "GroupRules", "MLS", "TestSupport"],
            path: "Tests/RulesSupport", swiftSettings: strict),
        // A server's store and accounts in memory, for its tests and for the fuzzers.
        .target(
            name: "ServerSupport",
            dependencies: [
                "ChatProtocol", "ChatServer", "GroupRules", "TestSupport", "Transport", "WireCodec",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Tests/ServerSupport", swiftSettings: strict),
        // Measures the release programs over the wire (`make bench`). It stands here and not in a package of its own since
        // `package` access ends there, and it should not speak the protocol in a second way. No product links it.
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "Transport", "ChatProtocol", "COpenSSL", "System", "ChatServer", "GroupRules", "MLS", "RulesSupport",
                "TestSupport", "WireCodec", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/Benchmarks", exclude: ["run", "order", "CClient", "README.md"], swiftSettings: strict),
        // Every parser, for libFuzzer (`make fuzz`) and, with the inputs that are kept, for `FuzzTests`. What is internal is
        // open to it in debug builds and in the fuzzer's own.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "ChatProtocol", "WireCodec", "Transport", "CLISupport", "ChatServer", "ChatClient", "ChatCLI", "MLS",
                "GroupRules", "ServerSupport", "SQLite",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            path: "Tests/Fuzz/Targets", swiftSettings: strict),
        .executableTarget(
            name: "chat-fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Driver", swiftSettings: strict),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzTargets", "ChatProtocol", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "WireCodecTests", dependencies: ["WireCodec"], swiftSettings: strict),
        .testTarget(name: "SystemTests", dependencies: ["System", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "ChatProtocolTests", dependencies: ["WireCodec", "ChatProtocol"], swiftSettings: strict),
        .testTarget(name: "CLISupportTests", dependencies: ["ChatProtocol", "CLISupport"], swiftSettings: strict),
        .testTarget(name: "SQLiteTests", dependencies: ["SQLite", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "TransportTests",
            dependencies: [
                "COpenSSL", "ChatProtocol", "System", "Transport", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChatServerTests",
            dependencies: [
                "CLISupport", "ChatProtocol", "SQLite", "Transport", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "Logging", package: "swift-log"),
                "ChatServer", "GroupRules", "MLS", "RulesSupport", "ServerSupport", "StoredValues", "System",
                "TestSupport",
                "WireCodec",
            ], swiftSettings: strict),
        .testTarget(
            name: "ChatClientTests",
            dependencies: [
                "CLISupport", "ChatProtocol", "SQLite", "System", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                "ChatClient", "ChatServer", "CSQLite", "GroupRules", "MLS", "Transport", "RulesSupport",
                "ServerSupport", "StoredValues", "TestSupport", "WireCodec",
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChatCLITests",
            dependencies: [
                "ChatClient", "ChatProtocol", "CLISupport", "GroupRules",
                .product(name: "ArgumentParser", package: "swift-argument-parser"), "ChatCLI", "TestSupport", "chat",
                "chatd",
            ], exclude: ["Terminal"],
            swiftSettings: strict),
        .testTarget(
            name: "MLSTests", dependencies: ["MLS", "WireCodec", "mls-interop", "CSQLite", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "GroupRulesTests",
            dependencies: [
                "GroupRules", "ChatProtocol", "MLS", "WireCodec", "RulesSupport", "TestSupport", "mls-interop",
            ],
            exclude: ["Vectors"],
            swiftSettings: strict),
        .testTarget(name: "HouseTests", swiftSettings: strict),
        .testTarget(
            name: "ScenarioTests", dependencies: ["TestSupport", "chat", "chatd"], exclude: ["Scripts"],
            swiftSettings: strict),
        // Man pages, completions and README against the program, so that they cannot drift apart.
        .testTarget(
            name: "DocumentTests",
            dependencies: [
                "ChatProtocol", "GroupRules", "MLS", "Transport", "WireCodec", "TestSupport", "chat", "chatd",
            ],
            exclude: ["chat_client.py", "Scripts", "Shells"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
