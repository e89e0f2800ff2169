// What `health` answers; a value.

import Messages

/// Whether a service is being served.
struct HealthAnswer: Answer, Equatable {
    var service: String
    var status: String

    init(service: String, _ response: HealthCheckResponse) {
        self.service = service
        status =
            switch response.status {
            case .serving: "SERVING"
            case .notServing: "NOT_SERVING"
            case .serviceUnknown: "SERVICE_UNKNOWN"
            default: "UNKNOWN"
            }
    }

    var text: String { status }
}
