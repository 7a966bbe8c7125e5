import ChatProtocol

package enum InviteKind {}
package typealias InviteID = Identifier<InviteKind>

/// An invite as it is kept: its token is not, only the token's digest.
package struct Invite: Sendable, Equatable {
    package var id: InviteID
    package var usesLeft: Int
    package var expires: Timestamp
    package var created: Timestamp
    /// For people: who made it.
    package var createdBy: String

    package init(id: InviteID, usesLeft: Int, expires: Timestamp, created: Timestamp, createdBy: String) {
        self.id = id
        self.usesLeft = usesLeft
        self.expires = expires
        self.created = created
        self.createdBy = createdBy
    }
}
