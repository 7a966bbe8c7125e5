import Transport

/// How a server is known. It never changes from one to the other by itself.
package enum ServerStanding: Equatable, Sendable {
    /// Its certificate verifies for its name against the system's authorities.
    case authority
    /// By its public key.
    case pin(PublicKeyPin)

    /// `ca`, or `pin SHA256:…`, as in the file of known servers.
    package var text: String {
        switch self {
        case .authority: "ca"
        case .pin(let pin): "pin \(pin)"
        }
    }
}

package struct KnownServer: Equatable, Sendable {
    package var address: ServerAddress
    package var standing: ServerStanding

    package init(address: ServerAddress, standing: ServerStanding) {
        self.address = address
        self.standing = standing
    }
}
