import Testing
import WireCodec

@testable import MLS

/// Refusals: encodings (RFC 9420 §2.1, §6).
@Suite struct CodecRefusals {
    /// One message of each wire format and content.
    private func messages() throws -> [MLSMessage] {
        var team = try TestGroup(4)
        let package = try team.keyPackage()
        var list = [
            MLSMessage(.keyPackage(package)), MLSMessage(.groupInfo(try team.groups[0].groupInfo())),
            try team.groups[0].send([1, 2, 3], using: &team.generator),
            try team.groups[1].propose(.remove(LeafIndex(3)), using: &team.generator),
            try team.groups[1].proposeUpdate(using: &team.generator),
        ]
        let pending = try team.groups[2].commit(
            CommitOptions([.add(package)]), now: testTime, judge: AcceptAll(), using: &team.generator)
        list.append(pending.message)
        if let welcome = pending.welcome { list.append(welcome) }
        return list
    }

    @Test
    func `every message decodes to what it was, and no truncation or extension of it decodes`() throws {
        for message in try messages() {
            let bytes = message.encoded
            #expect(try MLSMessage(decoding: bytes) == message)
            for length in 0..<bytes.count {
                #expect(throws: MLSError.self) { _ = try MLSMessage(decoding: Array(bytes.prefix(length))) }
            }
            expectRefusal(.malformed) { _ = try MLSMessage(decoding: bytes + [0]) }
        }
    }

    @Test
    func `a message with a flipped byte is refused, or encodes to just those bytes`() throws {
        for message in try messages() {
            let bytes = message.encoded
            for place in bytes.indices {
                var changed = bytes
                changed[place] ^= 1 << UInt8(place % 8)
                guard let decoded = try? MLSMessage(decoding: changed) else { continue }
                #expect(decoded.encoded == changed)
            }
        }
    }

    @Test
    func `lengths that are not minimal, reserved, or beyond the input are refused before anything is allocated`() throws
    {
        for bytes in [
            [0x40, 0x3f], [0x80, 0, 0x3f, 0xff], [0xc0, 0, 0, 0], [0xbf, 0xff, 0xff, 0xff], [0x7f, 0xff],
        ] {
            expectRefusal(.malformed) { _ = try decodeWhole(bytes.map(UInt8.init), as: HPKEPublicKey.self) }
            expectRefusal(.malformed) { _ = try decodeWhole(bytes.map(UInt8.init), as: ExportedRatchetTree.self) }
        }
        var writer = WireWriter()
        writer.write(vector: [UInt8](repeating: 1, count: Limits.keyBytes + 1))
        expectRefusal(.malformed) { _ = try decodeWhole(writer.bytes, as: HPKEPublicKey.self) }
        expectRefusal(.limitExceeded) {
            _ = try MLSMessage(decoding: [UInt8](repeating: 0, count: Limits.messageBytes + 1))
        }
    }

    @Test
    func `one extension type twice, too many extensions, and bytes behind an extension's content`() throws {
        let twice = Extensions(unchecked: [
            Extension(type: .applicationId, data: []), Extension(type: .applicationId, data: [1]),
        ])
        expectRefusal(.malformed) { _ = try decodeWhole(twice.wireBytes, as: Extensions.self) }
        expectRefusal(.duplicateExtension) { _ = try Extensions(twice.list) }
        let many = (0...Limits.extensions).map { Extension(type: ExtensionType(rawValue: UInt16($0)), data: []) }
        expectRefusal(.limitExceeded) { _ = try Extensions(many) }
        expectRefusal(.malformed) { _ = try decodeWhole(Extensions(unchecked: many).wireBytes, as: Extensions.self) }
    }

    @Test
    func `GREASE and unknown values are kept byte for byte`() throws {
        var team = try TestGroup(2)
        let grease: UInt16 = 0x2a2a
        let package = try team.keyPackage {
            $0.extensions = Extensions(unchecked: [Extension(type: ExtensionType(rawValue: grease), data: [1, 2])])
            $0.leafNode.capabilities.cipherSuites.append(CipherSuite(rawValue: grease))
            $0.leafNode.capabilities.extensions.append(ExtensionType(rawValue: grease))
            $0.leafNode.capabilities.proposals.append(ProposalType(rawValue: grease))
            $0.leafNode.capabilities.credentials.append(CredentialType(rawValue: grease))
        }
        #expect(try KeyPackage(decoding: package.encoded).encoded == package.encoded)
        try team.commit(CommitOptions([.add(package)]))
        try team.expectAgreement()
        let other = Credential.other(type: CredentialType(rawValue: grease), content: [1, 2])
        #expect(try Credential(decoding: other.encoded) == other)
    }

    @Test
    func `every check has a number, a section and a sentence of its own`() {
        #expect(Set(Check.allCases.map(\.sentence)).count == Check.allCases.count)
        for check in Check.allCases { #expect(!check.source.isEmpty) }
    }
}
