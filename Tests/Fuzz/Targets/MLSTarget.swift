#if DEBUG || FUZZER
    @testable import MLS
    @testable import WireCodec

    /// The first byte of an input says what it is given to.
    enum MLSTarget {
        private static let world = try? MLSWorld()

        static func run(_ input: [UInt8]) throws {
            guard let kind = input.first else { return }
            let bytes = Array(input.dropFirst())
            switch kind % 9 {
            case 0: try decode(bytes)
            case 1: try roundTrip(bytes)
            case 2: world?.openMessage(bytes)
            case 3: world?.processCommit(bytes)
            case 4: world?.processProposal(bytes)
            case 5: world?.join(bytes)
            case 6: try world?.tree(bytes)
            case 7: world?.rows(bytes)
            default: world?.processExternalCommit(bytes)
            }
        }

        /// Every public decoder: what decodes encodes to the same bytes.
        private static func decode(_ bytes: [UInt8]) throws {
            func check(_ name: String, _ decoded: [UInt8]?) throws {
                if let decoded { try promise(decoded == bytes, "\(name) does not encode to what it was decoded from") }
            }
            try check("a tree", try? ExportedRatchetTree(decoding: bytes).encoded)
            try check("a key package", try? KeyPackage(decoding: bytes).encoded)
            try check("a GroupInfo", try? GroupInfo(decoding: bytes).encoded)
            try check("a context", try? GroupContext(decoding: bytes).encoded)
            try check("a credential", try? Credential(decoding: bytes).encoded)
            try check("an external sender", try? ExternalSender(decoding: bytes).encoded)
            try check("a proposal", try? Proposal(decoding: bytes).encoded)
            try check("a commit", try? decodeWhole(bytes, as: Commit.self).wireBytes)
            try check("a Welcome", try? decodeWhole(bytes, as: Welcome.self).wireBytes)
            try check("group secrets", try? decodeWhole(bytes, as: GroupSecrets.self).wireBytes)
            try check("sender data", try? decodeWhole(bytes, as: SenderData.self).wireBytes)
            try check("required capabilities", try? decodeWhole(bytes, as: RequiredCapabilities.self).wireBytes)
            try check("external senders", try? decodeWhole(bytes, as: ExternalSenders.self).wireBytes)
            _ = try? KeyPackageSecrets(decoding: bytes)
        }

        /// A message, and what it says of itself.
        private static func roundTrip(_ bytes: [UInt8]) throws {
            guard let message = try? MLSMessage(decoding: bytes) else { return }
            try promise(message.encoded == bytes, "a message does not encode to what it was decoded from")
            _ = (message.groupId, message.epoch, message.contentType)
            if case .keyPackage(let package) = message.body { try? package.validate(now: 1_800_000_000) }
        }
    }
#endif
