/// One unit of the wire: `uint32 length | uint8 kind | uint32 correlation | body`, where `length` counts what follows
/// it. A reply carries its request's correlation; an event carries 0.
package struct RawFrame: Equatable, Sendable {
    /// Bytes of the length field.
    package static let lengthBytes = 4
    /// Bytes that `length` counts besides the body: kind and correlation.
    package static let headBytes = 5

    package var kind: UInt8
    package var correlation: UInt32
    package var body: [UInt8]

    package init(kind: UInt8, correlation: UInt32, body: [UInt8]) {
        self.kind = kind
        self.correlation = correlation
        self.body = body
    }
}
