import ChatProtocol
import NIOCore

/// Who is online, and what of it has not been told yet.
///
/// An account is online while it has a subscribed connection that did not ask to stay unseen. Changes are gathered and
/// told together, so that a thousand people who reconnect at once are some frames for each and not a thousand. A plain
/// value.
package struct PresenceBoard {
    /// The least time between two announcements. Others hear of a change within 100 ms with room for a busy loop.
    package static let tick = TimeAmount.milliseconds(20)

    package struct Announcement: Equatable {
        package var online: [AccountRecord]
        package var offline: [AccountRecord]

        package var isEmpty: Bool { online.isEmpty && offline.isEmpty }
    }

    private struct Presence {
        var account: AccountRecord
        var connections = 0
        /// What the others believe.
        var isAnnounced = false
        var isOnline: Bool { connections > 0 }
    }

    private var accounts: [AccountID: Presence] = [:]
    private var changed: Set<AccountID> = []
    private var lastAnnouncement: NIODeadline?

    package init() {}

    package var onlineCount: Int { accounts.values.count { $0.isOnline } }

    package func isOnline(_ account: AccountID) -> Bool { accounts[account]?.isOnline ?? false }

    /// The accounts that are online, in the order of their names.
    package var online: [AccountRecord] {
        accounts.values.filter(\.isOnline).map(\.account).sorted { $0.name < $1.name }
    }

    /// A connection of the account subscribed. True when the account came online with it.
    @discardableResult
    package mutating func arrived(_ account: AccountRecord) -> Bool {
        var presence = accounts[account.id] ?? Presence(account: account)
        presence.account = account
        presence.connections += 1
        accounts[account.id] = presence
        changed.insert(account.id)
        return presence.connections == 1
    }

    /// Such a connection ended. True when it was the account's last.
    @discardableResult
    package mutating func left(_ account: AccountID) -> Bool {
        guard var presence = accounts[account], presence.connections > 0 else { return false }
        presence.connections -= 1
        accounts[account] = presence
        changed.insert(account)
        return presence.connections == 0
    }

    /// When the next announcement is due; now or later.
    package func nextAnnouncement(now: NIODeadline) -> NIODeadline {
        lastAnnouncement.map { max(now, $0 + Self.tick) } ?? now
    }

    /// What is to be told to whoever was told everything before. Who came and went in between is not mentioned.
    package mutating func announce(now: NIODeadline) -> Announcement {
        lastAnnouncement = now
        var announcement = Announcement(online: [], offline: [])
        for id in changed {
            guard var presence = accounts[id] else { continue }
            if presence.isOnline != presence.isAnnounced {
                presence.isAnnounced = presence.isOnline
                if presence.isOnline {
                    announcement.online.append(presence.account)
                } else {
                    announcement.offline.append(presence.account)
                }
            }
            accounts[id] = presence.isOnline ? presence : nil
        }
        changed.removeAll(keepingCapacity: true)
        announcement.online.sort { $0.name < $1.name }
        announcement.offline.sort { $0.name < $1.name }
        return announcement
    }
}
