// swift-tools-version: 6.2
import PackageDescription

// Fuzz targets of MLS, under libFuzzer. A package of its own, since a fuzzer needs unsafe flags and a `main` of its own:
//   cd Tests/MLSFuzz && swift build --sanitize=fuzzer && .build/debug/mls-fuzz -max_total_time=1800 corpus
// The first byte of an input says what is fuzzed; `-use_value_profile=1` helps with lengths.
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
