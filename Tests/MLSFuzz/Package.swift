// swift-tools-version: 6.2
import PackageDescription

// Fuzz targets of MLS, under libFuzzer. A package of its own, since a fuzzer needs unsafe flags and a `main` of its own:
//   cd Tests/MLSFuzz && swift build -c release --sanitize=fuzzer -Xswiftc -enable-testing
//   mkdir .build/corpus && MLS_FUZZ_SEEDS=.build/corpus .build/release/mls-fuzz
//   MLS_FUZZ_TARGET=3 .build/release/mls-fuzz -max_total_time=1800 -rss_limit_mb=1024 .build/corpus
// The first byte of an input says what is fuzzed (0 decoders, 1 messages, 2 opening, 3 commits, 4 proposals, 5 joins, 6 trees,
// 7 rows, 8 external commits), unless MLS_FUZZ_TARGET does; `-use_value_profile=1` helps with lengths.
// An input that takes a second of CPU is a failure too.
let package = Package(
    name: "mls-fuzz",
    dependencies: [.package(name: "chat", path: "../..")],
    targets: [
        .executableTarget(
            name: "mls-fuzz", dependencies: [.product(name: "MLS", package: "chat")],
            swiftSettings: [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])])
    ],
    swiftLanguageModes: [.v6]
)
