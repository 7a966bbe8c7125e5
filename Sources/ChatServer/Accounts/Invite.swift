import ChatProtocol

package enum InviteKind {}
package typealias InviteID = Identifier<InviteKind>

/// An invite as it is kept: its token is not, only the token's digest.
package struct Invite: Sendable, Equatable {
    package var id: InviteID
    package var usesLeft: Int
    /// Unix milliseconds.
    package var expires: UInt64
    package var created: UInt64
    /// For people: who made it.
    package var createdBy: String

    package init(id: InviteID, usesLeft: Int, expires: UInt64, created: UInt64, createdBy: String) {
        self.id = id
        self.usesLeft = usesLeft
        self.expires = expires
        self.created = created
        self.createdBy = createdBy
    }
}
