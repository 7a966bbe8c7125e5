@testable import MLS

/// Called by libFuzzer for each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let data, count > 0 else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    Target.run(bytes[0], Array(bytes.dropFirst()))
    return 0
}

/// What an input is given to.
enum Target {
    private static let world = try? World()

    static func run(_ kind: UInt8, _ bytes: [UInt8]) {
        switch kind % 8 {
        case 0: decode(bytes)
        case 1: roundTrip(bytes)
        case 2: world?.openMessage(bytes)
        case 3: world?.processCommit(bytes)
        case 4: world?.processProposal(bytes)
        case 5: world?.join(bytes)
        case 6: world?.tree(bytes)
        default: world?.rows(bytes)
        }
    }

    /// Every public decoder.
    private static func decode(_ bytes: [UInt8]) {
        _ = try? ExportedRatchetTree(decoding: bytes)
        _ = try? KeyPackage(decoding: bytes)
        _ = try? GroupInfo(decoding: bytes)
        _ = try? GroupContext(decoding: bytes)
        _ = try? Credential(decoding: bytes)
        _ = try? ExternalSender(decoding: bytes)
        _ = try? Proposal(decoding: bytes)
    }

    /// What decodes encodes to the same bytes.
    private static func roundTrip(_ bytes: [UInt8]) {
        guard let message = try? MLSMessage(decoding: bytes) else { return }
        precondition(message.encoded == bytes, "a message does not encode to what it was decoded from")
    }
}
