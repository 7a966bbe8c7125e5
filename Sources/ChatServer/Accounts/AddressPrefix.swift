import Transport

/// The part of an address that one party is likely to hold alone: an IPv4 address, the /64 of an IPv6 address.
/// What is no address counts as one party.
package struct AddressPrefix: Hashable, Sendable {
    private let bits: UInt64
    private let family: UInt8

    package init(_ address: String) {
        let bytes = NetworkAddress(host: address, port: 0).bytes
        family = UInt8(bytes.count)
        bits = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
