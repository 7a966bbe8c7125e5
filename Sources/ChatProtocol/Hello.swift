import WireCodec

/// What the protocol is called in ALPN (RFC 7301). It knows encrypted payloads only.
package enum ProtocolVersion {
    package static let alpn = "chat/1"
    package static let number: UInt16 = 0
}

/// The first frame of a connection, sent by the server as soon as the TLS handshake is done.
package struct ServerHello: FrameBody {
    package static let kind = FrameKind.serverHello
    package static let nonceBytes = 32

    package var version: UInt16
    package var server: ServerID
    package var nonce: [UInt8]
    /// The server's clock.
    package var time: Timestamp
    /// Name and version of the server's software, for people.
    package var software: String
    /// Optional abilities; unknown numbers are ignored.
    package var features: [UInt16]

    package init(
        version: UInt16 = ProtocolVersion.number, server: ServerID, nonce: [UInt8], time: Timestamp, software: String,
        features: [UInt16] = []
    ) {
        self.version = version
        self.server = server
        self.nonce = nonce
        self.time = time
        self.software = software
        self.features = features
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(version)
        writer.write(server)
        writer.write(fixed: nonce)
        writer.write(time)
        writer.write(text: software)
        writer.write(features: features)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        version = try reader.read()
        server = try reader.read()
        nonce = Array(try reader.read(fixed: Self.nonceBytes))
        time = try reader.read()
        software = try reader.readText(limit: Limits.software, field: "software")
        features = try reader.readFeatures()
    }
}

/// The first frame that a client sends. Login and what follows may travel in the same flight.
package struct ClientHello: FrameBody {
    package static let kind = FrameKind.clientHello
    package static let nonceBytes = 32

    package var nonce: [UInt8]
    package var software: String
    package var features: [UInt16]

    package init(nonce: [UInt8], software: String, features: [UInt16] = []) {
        self.nonce = nonce
        self.software = software
        self.features = features
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(fixed: nonce)
        writer.write(text: software)
        writer.write(features: features)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        nonce = Array(try reader.read(fixed: Self.nonceBytes))
        software = try reader.readText(limit: Limits.software, field: "software")
        features = try reader.readFeatures()
    }
}

extension WireWriter {
    fileprivate mutating func write(features: [UInt16]) {
        writeVector { writer in
            for feature in features { writer.write(feature) }
        }
    }
}

extension WireReader {
    fileprivate mutating func readFeatures() throws(WireError) -> [UInt16] {
        var inner = WireReader(try readVector(limit: 128, field: "features"))
        var features: [UInt16] = []
        while !inner.isAtEnd { features.append(try inner.read()) }
        return features
    }
}
