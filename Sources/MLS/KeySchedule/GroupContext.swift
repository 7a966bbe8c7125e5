import WireCodec

/// What all members agree on in an epoch (RFC 9420 §8.1).
public struct GroupContext: Hashable, Sendable, WireCodable {
    public internal(set) var version: ProtocolVersion
    public internal(set) var cipherSuite: CipherSuite
    public internal(set) var groupId: [UInt8]
    public internal(set) var epoch: UInt64
    public internal(set) var treeHash: [UInt8]
    public internal(set) var confirmedTranscriptHash: [UInt8]
    public internal(set) var extensions: Extensions

    package init(
        version: ProtocolVersion = .mls10, cipherSuite: CipherSuite, groupId: [UInt8], epoch: UInt64,
        treeHash: [UInt8], confirmedTranscriptHash: [UInt8], extensions: Extensions
    ) {
        self.version = version
        self.cipherSuite = cipherSuite
        self.groupId = groupId
        self.epoch = epoch
        self.treeHash = treeHash
        self.confirmedTranscriptHash = confirmedTranscriptHash
        self.extensions = extensions
    }

    package init(from reader: inout WireReader) throws(WireError) {
        version = try reader.read()
        cipherSuite = try reader.read()
        groupId = Array(try reader.readVector(limit: Limits.identifierBytes, field: "group_id"))
        epoch = try reader.read()
        treeHash = Array(try reader.readVector(limit: 255, field: "tree_hash"))
        confirmedTranscriptHash = Array(try reader.readVector(limit: 255, field: "confirmed_transcript_hash"))
        extensions = try reader.read()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(version)
        writer.write(cipherSuite)
        writer.write(vector: groupId)
        writer.write(epoch)
        writer.write(vector: treeHash)
        writer.write(vector: confirmedTranscriptHash)
        writer.write(extensions)
    }
}
