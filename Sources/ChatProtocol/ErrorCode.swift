import WireCodec

/// The protocol's errors: number, name, sentence. Numbers and names never change and are never reused.
///
/// Programs compare the number (on the wire) or the name (in JSON); people read the sentence.
package enum ErrorCode: UInt16, CaseIterable, Sendable {
    case malformed = 1
    case unsupportedVersion = 2
    case frameTooLarge = 3
    case unexpectedFrame = 4
    case tooManyRequests = 5
    case internalError = 6
    case shuttingDown = 7
    case timedOut = 8
    case busy = 9
    case rateLimited = 10
    case storeFailed = 11
    case storeFull = 12

    case notLoggedIn = 20
    case loginRefused = 21
    case deviceRevoked = 22
    case accountDisabled = 23
    case badProof = 24
    case storeCopied = 25
    case forbidden = 26
    case devicePending = 27
    case chainMoved = 28
    case invalidLink = 29

    case nameTaken = 30
    case invalidName = 31
    case unacceptablePassword = 32
    case registrationClosed = 33
    case inviteRequired = 34
    case inviteInvalid = 35
    case tooManyDevices = 36
    case noSuchDevice = 37
    case identityUsed = 38
    case replaced = 39

    case noSuchUser = 40
    case noSuchConversation = 41
    case notAMember = 42
    case noGroup = 43
    case groupExists = 44
    case notInGroup = 45
    case noDevice = 46
    case noSuchRoom = 47
    case tooLarge = 48

    case payloadTooLarge = 50
    case preconditionFailed = 51
    case unknownPayloadKind = 52
    case invalidTarget = 53
    case invalidHandshake = 54
    case removalsLeftOut = 55
    case turnTaken = 56
    case removalPending = 57
    case blocked = 58

    case acknowledgedTooMuch = 60
    case alreadySubscribed = 61

    /// The name by which programs know the error, in JSON and logs.
    package var name: String {
        switch self {
        case .malformed: "malformed"
        case .unsupportedVersion: "unsupported_version"
        case .frameTooLarge: "frame_too_large"
        case .unexpectedFrame: "unexpected_frame"
        case .tooManyRequests: "too_many_requests"
        case .internalError: "internal_error"
        case .shuttingDown: "shutting_down"
        case .timedOut: "timed_out"
        case .busy: "busy"
        case .rateLimited: "rate_limited"
        case .storeFailed: "store_failed"
        case .storeFull: "store_full"
        case .notLoggedIn: "not_logged_in"
        case .loginRefused: "login_refused"
        case .deviceRevoked: "device_revoked"
        case .accountDisabled: "account_disabled"
        case .badProof: "bad_proof"
        case .storeCopied: "store_copied"
        case .forbidden: "forbidden"
        case .devicePending: "device_pending"
        case .chainMoved: "chain_moved"
        case .invalidLink: "invalid_link"
        case .nameTaken: "name_taken"
        case .invalidName: "invalid_name"
        case .unacceptablePassword: "unacceptable_password"
        case .registrationClosed: "registration_closed"
        case .inviteRequired: "invite_required"
        case .inviteInvalid: "invite_invalid"
        case .tooManyDevices: "too_many_devices"
        case .noSuchDevice: "no_such_device"
        case .identityUsed: "identity_used"
        case .replaced: "replaced"
        case .noSuchUser: "no_such_user"
        case .noSuchConversation: "no_such_conversation"
        case .notAMember: "not_a_member"
        case .noGroup: "no_group"
        case .groupExists: "group_exists"
        case .notInGroup: "not_in_group"
        case .noDevice: "no_device"
        case .noSuchRoom: "no_such_room"
        case .tooLarge: "too_large"
        case .payloadTooLarge: "payload_too_large"
        case .preconditionFailed: "precondition_failed"
        case .unknownPayloadKind: "unknown_payload_kind"
        case .invalidTarget: "invalid_target"
        case .invalidHandshake: "invalid_handshake"
        case .removalsLeftOut: "removals_left_out"
        case .turnTaken: "turn_taken"
        case .removalPending: "removal_pending"
        case .blocked: "blocked"
        case .acknowledgedTooMuch: "acknowledged_too_much"
        case .alreadySubscribed: "already_subscribed"
        }
    }

    /// The sentence that is sent where the server has nothing more exact to say.
    package var sentence: String {
        switch self {
        case .malformed: "the frame does not have the form that its kind demands"
        case .unsupportedVersion: "this version of the protocol is not spoken here"
        case .frameTooLarge: "the frame is larger than what is allowed at this point"
        case .unexpectedFrame: "a frame of this kind is not expected now"
        case .tooManyRequests: "too many requests are waiting for their replies"
        case .internalError: "the server has met a fault of its own"
        case .shuttingDown: "the server is shutting down"
        case .timedOut: "the deadline has passed"
        case .busy: "the server is busy; try again"
        case .rateLimited: "too many requests; try again later"
        case .storeFailed: "the server could not write to its store; nothing was kept"
        case .storeFull: "the server's store is full; nothing was kept"
        case .notLoggedIn: "log in first"
        case .loginRefused: "the name or the password is wrong"
        case .deviceRevoked: "this device was revoked"
        case .accountDisabled: "this account is disabled"
        case .badProof: "the signature does not verify"
        case .storeCopied: "this device's store was copied or rolled back"
        case .forbidden: "this account may not do that"
        case .devicePending: "this device waits to be approved by another device of the account"
        case .chainMoved: "another link of the account's chain was there first"
        case .invalidLink: "the link, grant or renewal is not one that the account's chain can take"
        case .nameTaken: "the name is taken"
        case .invalidName: "a name is \(UserName.grammar)"
        case .unacceptablePassword: "a password has 8 to 72 bytes"
        case .registrationClosed: "this server takes no registrations"
        case .inviteRequired: "this server wants an invite"
        case .inviteInvalid: "the invite is unknown, used up or expired"
        case .tooManyDevices: "the account has as many devices as it may have"
        case .noSuchDevice: "there is no such device"
        case .identityUsed: "this identity is good for one use, and was used"
        case .replaced: "a newer use of this identity has taken this device's place"
        case .noSuchUser: "there is no such user"
        case .noSuchConversation: "there is no such conversation"
        case .notAMember: "this account is not a member of the conversation"
        case .noGroup: "the conversation has no group yet"
        case .groupExists: "the conversation has a group already"
        case .notInGroup: "this device is not in the conversation's group"
        case .noDevice: "there is no active device of that account"
        case .noSuchRoom: "there is no such room"
        case .tooLarge: "the group has as many devices as it may have"
        case .payloadTooLarge: "the payload is larger than 96 KiB"
        case .preconditionFailed: "the conversation is not at the expected epoch"
        case .unknownPayloadKind: "payloads of this kind are not taken"
        case .invalidTarget: "the message cannot go there"
        case .invalidHandshake: "the group cannot take this handshake"
        case .removalsLeftOut: "devices are to be removed, and the commit leaves them"
        case .turnTaken: "too many wait for their turn"
        case .removalPending: "devices are to be removed from the group before anything is sent to it"
        case .blocked:
            "somebody has blocked this account, or members have reported this device's commits, which are refused for a day"
        case .acknowledgedTooMuch: "an acknowledgement lies beyond what was sent"
        case .alreadySubscribed: "the connection is subscribed already"
        }
    }
}
