import CLISupport
import ChatProtocol
import GroupRules

/// What a device wants to become of its account's chain. A plain value: on a chain that was read it says which link is to be published.
enum ChainMove: Sendable {
    /// Begins the chain, unless another device was first.
    case create
    case add(Grant)
    case revoke(DeviceID)
    /// Begins it anew: what came before counts no more.
    case reset

    enum Step: Equatable, Sendable {
        case publish(ChainLink)
        /// It is so already: an answer may have been lost.
        case done
        /// Another device has begun the chain, and this one has to be added.
        case overtaken
    }

    /// - Throws: `forbidden` (77) where this device may not, `replaced` (77) where its key is not the present one.
    func step(in chain: AccountChain?, by own: OwnDevice) throws(Problem) -> Step {
        switch self {
        case .create:
            guard let chain else {
                return .publish(try own.link(.create(name: own.name, own.grant(.certify)), in: nil))
            }
            return chain.devices[own.device]?.isActive == true ? .done : .overtaken
        case .reset:
            guard let chain else { return try ChainMove.create.step(in: nil, by: own) }
            if chain.devices[own.device]?.isActive == true { return .done }
            return .publish(try own.link(.reset(name: own.name, own.grant(.certify)), in: chain))
        case .add(let grant):
            let chain = try present(chain)
            if let known = chain.devices[grant.device], known.grant.key == grant.key, known.isActive { return .done }
            try requirePower(of: own, in: chain)
            return .publish(try own.link(.add(grant), in: chain))
        case .revoke(let device):
            let chain = try present(chain)
            guard let known = chain.devices[device], known.isActive else { return .done }
            try requirePower(of: own, in: chain, over: device)
            return .publish(try own.link(.revoke(device), in: chain))
        }
    }

    private func present(_ chain: AccountChain?) throws(Problem) -> AccountChain {
        guard let chain else {
            throw Problem(.protocolFault, "the server has no chain of this account any more")
        }
        return chain
    }

    /// C1: an active device that certifies, or for itself, with its present key.
    private func requirePower(of own: OwnDevice, in chain: AccountChain, over device: DeviceID? = nil) throws(Problem) {
        guard let me = chain.devices[own.device] else { throw Problem(.devicePending) }
        guard me.isActive else { throw Problem(.deviceRevoked) }
        guard me.instance == own.instance else { throw Problem(.replaced, advice: .logInByIdentityAgain()) }
        guard me.certifies || device == own.device else {
            throw Problem(
                .forbidden, "this device may use the account, but not add or revoke others",
                advice: .useCertifyingDevice)
        }
    }
}
