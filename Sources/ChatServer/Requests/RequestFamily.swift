import ChatProtocol

/// Requests that one handler carries out.
enum RequestFamily {
    case append
    case delivery
    case directory
    case devices
    case chains
    case groups
    case packages
    case rooms
    case liveness
}

extension FrameKind {
    /// Whose a request of a connection that is logged in is; nil where it is none.
    var family: RequestFamily? {
        switch self {
        case .append: .append
        case .acknowledge, .subscribe, .markRead, .queryReceipts: .delivery
        case .openConversation, .lookUpAccounts, .lookUpConversations, .listAccounts, .changeBlocks: .directory
        case .listDevices, .addDevice, .renameDevice, .revokeDevice, .suspendDevice, .changePassword: .devices
        case .publishLink, .readChain, .leaveGrant: .chains
        case .foundGroup, .commit, .readLog, .readGroup, .readWelcome, .takeTurn, .reportCommit: .groups
        case .publishKeyPackages, .takeKeyPackages: .packages
        case .createRoom, .listRooms, .joinRoom, .leaveRoom, .forgetRoom, .roomMembers: .rooms
        case .ping: .liveness
        default: nil
        }
    }

    /// Whether a device that waits to be added may ask it, if only of itself.
    var isOpenToPending: Bool {
        switch self {
        case .publishLink, .readChain, .leaveGrant, .suspendDevice, .listDevices, .revokeDevice, .ping: true
        default: false
        }
    }
}
