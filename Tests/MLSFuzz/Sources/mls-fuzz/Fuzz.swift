@testable import MLS
@testable import WireCodec
import Glibc

/// Called by libFuzzer once, before the first input: with `MLS_FUZZ_SEEDS`, writes inputs to begin with into that folder and ends.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>?,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
    guard let folder = getenv("MLS_FUZZ_SEEDS") else { return 0 }
    do {
        try World().writeSeeds(to: String(cString: folder))
        exit(0)
    } catch {
        print("mls-fuzz: \(error)")
        exit(1)
    }
}

/// Called by libFuzzer for each input. Its first byte says what is fuzzed, unless `MLS_FUZZ_TARGET` does.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let data, count > 0 else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    let start = cpuSeconds()
    Target.run(Target.fixed ?? bytes[0], Array(bytes.dropFirst()))
    // Not `-timeout=1`, which counts the time that others had the processor.
    precondition(cpuSeconds() - start < 1, "an input took a second of CPU")
    return 0
}

private func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// What an input is given to.
enum Target {
    static let count: UInt8 = 9
    static let fixed: UInt8? = getenv("MLS_FUZZ_TARGET").flatMap { UInt8(String(cString: $0)) }
    private static let world = try? World()

    static func run(_ kind: UInt8, _ bytes: [UInt8]) {
        switch kind % count {
        case 0: decode(bytes)
        case 1: roundTrip(bytes)
        case 2: world?.openMessage(bytes)
        case 3: world?.processCommit(bytes)
        case 4: world?.processProposal(bytes)
        case 5: world?.join(bytes)
        case 6: world?.tree(bytes)
        case 7: world?.rows(bytes)
        default: world?.processExternalCommit(bytes)
        }
    }

    /// Every public decoder: what decodes encodes to the same bytes.
    private static func decode(_ bytes: [UInt8]) {
        func check(_ name: String, _ decoded: [UInt8]?) {
            if let decoded { precondition(decoded == bytes, "\(name) does not encode to what it was decoded from") }
        }
        check("a tree", try? ExportedRatchetTree(decoding: bytes).encoded)
        check("a key package", try? KeyPackage(decoding: bytes).encoded)
        check("a GroupInfo", try? GroupInfo(decoding: bytes).encoded)
        check("a context", try? GroupContext(decoding: bytes).encoded)
        check("a credential", try? Credential(decoding: bytes).encoded)
        check("an external sender", try? ExternalSender(decoding: bytes).encoded)
        check("a proposal", try? Proposal(decoding: bytes).encoded)
        check("a commit", try? decodeWhole(bytes, as: Commit.self).wireBytes)
        check("a Welcome", try? decodeWhole(bytes, as: Welcome.self).wireBytes)
        check("group secrets", try? decodeWhole(bytes, as: GroupSecrets.self).wireBytes)
        check("sender data", try? decodeWhole(bytes, as: SenderData.self).wireBytes)
        check("required capabilities", try? decodeWhole(bytes, as: RequiredCapabilities.self).wireBytes)
        check("external senders", try? decodeWhole(bytes, as: ExternalSenders.self).wireBytes)
        _ = try? KeyPackageSecrets(decoding: bytes)
    }

    /// A message, and what it says of itself.
    private static func roundTrip(_ bytes: [UInt8]) {
        guard let message = try? MLSMessage(decoding: bytes) else { return }
        precondition(message.encoded == bytes, "a message does not encode to what it was decoded from")
        _ = (message.groupId, message.epoch, message.contentType)
        if case .keyPackage(let package) = message.body { try? package.validate(now: 1_800_000_000) }
    }
}
