/// A place in the order in which what one store holds became readable there; 0 lies before everything.
package struct StorePosition: Hashable, Sendable {
    package let number: Int64

    package init(_ number: Int64) { self.number = max(0, number) }

    /// Behind everything that there will be.
    static let end = StorePosition(.max)

    /// The one before it; before the first there is none.
    var previous: StorePosition { StorePosition(number - 1) }
    /// The one behind it; behind the last there is none.
    var next: StorePosition { self == .end ? self : StorePosition(number + 1) }
}

extension StorePosition: Comparable {
    package static func < (left: StorePosition, right: StorePosition) -> Bool { left.number < right.number }
}

extension StorePosition: ExpressibleByIntegerLiteral {
    package init(integerLiteral number: Int64) { self.init(number) }
}
