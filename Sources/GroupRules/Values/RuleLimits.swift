/// What the rules allow at most, and why so much.
package enum RuleLimits {
    /// Links of a chain: a device a week for eighty years.
    package static let links = 4_096
    /// The last ones are for revoke and reset, so that a chain that is full can still be defended.
    package static let linksForDefence = 64
    /// Bytes of a link: the largest is a third of it.
    package static let linkBytes = 1_024
    /// Links of a certificate: each costs everybody who joins a signature check.
    package static let certificateLinks = 6
    /// Bytes of a certificate: a thousand leaves carry one each.
    package static let certificateBytes = 2_048
    /// Seconds between two renewals of a device: a file that runs in parallel by mistake shall not be a storm.
    package static let renewalSeconds = 60
    /// Renewals of a device that a restore of the server may have lost at most, which nobody counts.
    package static let lostRenewals: UInt32 = 1_024
    /// Admins of a room: more would not fit into the 8 KiB of a GroupInfo.
    package static let admins = 64
    /// Revocations in the associated data of one commit: as many as Removes that one person asks for.
    package static let revocations = 64
    /// Proposals of the server that wait in one epoch.
    package static let waitingProposals = 256
}
