// Owns the list of what can be fuzzed; a value.

/// One room's border, as libFuzzer attacks it.
enum FuzzTarget: String, CaseIterable {
    case server
    case client
    case framing
    case protobuf
    case metadata
    case headers
    case glob
    case token
    case resp
    case envelope
    case event
    case block

    /// Runs one input; ends the process with a sentence when a promise does not hold.
    func run(_ bytes: UnsafeRawBufferPointer) {
        var input = FuzzInput(bytes)
        switch self {
        case .server: ServerSessionTarget.run(&input)
        case .client: ClientSessionTarget.run(&input)
        case .framing: FramingTarget.run(&input)
        case .protobuf: ProtobufTarget.run(&input)
        case .metadata: MetadataTarget.run(&input)
        case .headers: HeaderBytesTarget.run(&input)
        case .glob: GlobTarget.run(&input)
        case .token: ResumeTokenTarget.run(&input)
        case .resp: RESPTarget.run(&input)
        case .envelope: EnvelopeTarget.run(&input)
        case .event: EventTarget.run(&input)
        case .block: BlockTarget.run(&input)
        }
    }
}
