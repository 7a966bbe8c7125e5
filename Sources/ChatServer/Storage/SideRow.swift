/// A piece of what a conversation has beside its log: a node of a group's tree, a welcome that waits for a device.
package struct SideRow: Sendable, Equatable {
    package var index: [UInt8]
    /// 1 when it was first written, and one more with each change.
    package var version: UInt64
    package var value: [UInt8]

    package init(index: [UInt8], version: UInt64, value: [UInt8]) {
        self.index = index
        self.version = version
        self.value = value
    }
}

package struct SideRowChange: Sendable, Equatable {
    package var kind: UInt8
    package var index: [UInt8]
    /// The version that it must have for the bundle to be carried out; 0: it must not be there; nil: whatever is there.
    package var expected: UInt64?
    /// Nil: the row goes.
    package var value: [UInt8]?

    package init(kind: UInt8, index: [UInt8], expected: UInt64? = nil, value: [UInt8]?) {
        self.kind = kind
        self.index = index
        self.expected = expected
        self.value = value
    }
}
