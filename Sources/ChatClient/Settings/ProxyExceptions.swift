import Transport

/// The hosts that no proxy of the environment or the configuration is for: `NO_PROXY`, as curl and Go read it.
///
/// Words between commas or blanks: `*` (all), a name (with those below it), an address, a network `ADDRESS/BITS`; a
/// name or address may have a port.
struct ProxyExceptions: Equatable, Sendable {
    private enum Word: Equatable, Sendable {
        case everything
        /// In lower case, without the dot in front.
        case name(String, port: UInt16?)
        case address(ServerAddress, hasPort: Bool)
        case network([UInt8], bits: Int)
    }

    private let words: [Word]

    init(_ text: String) {
        words = text.split { $0 == "," || $0 == " " || $0 == "\t" }.prefix(1024).compactMap(Self.word)
    }

    /// What cannot be understood is for other programs.
    private static func word(_ text: Substring) -> Word? {
        if text == "*" { return .everything }
        if let slash = text.firstIndex(of: "/") {
            let bytes = NetworkAddress(host: String(text[..<slash]), port: 0).bytes
            guard let bits = Int(text[text.index(after: slash)...]), !bytes.isEmpty,
                (0...bytes.count * 8).contains(bits)
            else { return nil }
            return .network(bytes, bits: bits)
        }
        let bare = text.hasPrefix(".") ? text.dropFirst() : text.hasPrefix("*.") ? text.dropFirst(2) : text
        // An IPv6 address may stand without brackets here.
        let isBareIPv6 = NetworkAddress(host: String(bare), port: 0).bytes.count == 16
        guard let address = ServerAddress(isBareIPv6 ? "[\(bare)]" : String(bare)) else { return nil }
        let hasPort = !isBareIPv6 && bare.reversed().prefix { $0 != "]" }.contains(":")
        let isAddress = !NetworkAddress(host: address.host, port: 0).bytes.isEmpty
        return isAddress
            ? .address(address, hasPort: hasPort) : .name(address.host, port: hasPort ? address.port : nil)
    }

    func contain(_ server: ServerAddress) -> Bool {
        let bytes = NetworkAddress(host: server.host, port: 0).bytes
        return words.contains { word in
            switch word {
            case .everything: true
            case .name(let name, let port):
                (server.host == name || server.host.hasSuffix("." + name)) && (port ?? server.port) == server.port
            case .address(let address, let hasPort):
                server.host == address.host && (!hasPort || server.port == address.port)
            case .network(let network, let bits): Self.prefix(network, bits) == Self.prefix(bytes, bits)
            }
        }
    }

    /// The first `bits` of an address, the rest zero.
    private static func prefix(_ bytes: [UInt8], _ bits: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let kept = min(8, max(0, bits - index * 8))
            return kept == 0 ? 0 : byte & (0xff << UInt8(8 - kept))
        }
    }
}
