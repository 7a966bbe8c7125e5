import ChatProtocol

/// What a hub has counted since it began. A plain value, which the hub's event loop alone adds to.
package struct HubCounts: Sendable, Equatable {
    package enum Login: String, CaseIterable, Sendable {
        case device, password, registration, identity
    }

    package var acceptedConnections: UInt64 = 0
    package var turnedAwayConnections: UInt64 = 0
    package private(set) var logins: [Login: UInt64] = [:]
    package private(set) var refusals: [ErrorCode: UInt64] = [:]
    package private(set) var appends: UInt64 = 0
    package private(set) var appendedBytes: UInt64 = 0
    package private(set) var duplicates: UInt64 = 0
    package private(set) var deliveries: UInt64 = 0
    package private(set) var deliveredBytes: UInt64 = 0
    package private(set) var packagesTaken: UInt64 = 0
    package private(set) var lastResortsTaken: UInt64 = 0
    package var packagesRefused: UInt64 = 0
    package private(set) var batches: UInt64 = 0
    package private(set) var failedBatches: UInt64 = 0
    package private(set) var operations: UInt64 = 0
    package private(set) var batchNanoseconds: UInt64 = 0

    package init() {}

    package mutating func loggedIn(by kind: FrameKind?) {
        switch kind {
        case .loginByDevice: logins[.device, default: 0] += 1
        case .loginByPassword: logins[.password, default: 0] += 1
        case .register: logins[.registration, default: 0] += 1
        case .loginByIdentity: logins[.identity, default: 0] += 1
        default: break
        }
    }

    package mutating func refused(_ failure: Failure) {
        if let code = failure.errorCode { refusals[code, default: 0] += 1 }
    }

    package mutating func appended(bytes: Int, isDuplicate: Bool) {
        guard !isDuplicate else { return duplicates &+= 1 }
        appends &+= 1
        appendedBytes &+= UInt64(bytes)
    }

    package mutating func delivered(_ count: Int, bytes: Int) {
        deliveries &+= UInt64(count)
        deliveredBytes &+= UInt64(bytes)
    }

    package mutating func tookPackage(isLastResort: Bool) {
        if isLastResort { lastResortsTaken &+= 1 } else { packagesTaken &+= 1 }
    }

    package mutating func wrote(operations count: Int, inNanoseconds time: UInt64, succeeded: Bool) {
        batches &+= 1
        if !succeeded { failedBatches &+= 1 }
        operations &+= UInt64(count)
        batchNanoseconds &+= time
    }
}
