// The interop cases of grpc `doc/interop-test-descriptions.md`, and the cache's own calls, with
// gRPC C++. One case a run; without arguments it lists them.
//
//   client [ADDRESS CASE]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "cachemanager/v1/cache.grpc.pb.h"
#include "grpc/testing/test.grpc.pb.h"

namespace {

namespace cache = cachemanager::v1;
using namespace grpc::testing;
using grpc::ClientContext;
using grpc::Status;
using grpc::StatusCode;

constexpr int kRequestBytes = 271828, kResponseBytes = 314159;
const std::vector<int> kUploads = {27182, 8, 1828, 45904};
const std::vector<std::pair<int, int>> kPingPong = {
    {27182, 31415}, {8, 9}, {1828, 2653}, {45904, 58979}};
const char kSpecialMessage[] =
    "\t\ntest with whitespace\r\nand Unicode BMP \u263A and non-BMP \U0001F608\t\n";

#define EXPECT(condition)                                                     \
  do {                                                                        \
    if (!(condition)) {                                                       \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
      std::exit(1);                                                           \
    }                                                                         \
  } while (false)

void ExpectStatus(const Status& status, StatusCode code) {
  if (status.error_code() == code) return;
  std::fprintf(stderr, "status %d, expected %d: %s\n", status.error_code(), code,
               status.error_message().c_str());
  std::exit(1);
}

// Every call has an end.
class Context : public ClientContext {
 public:
  explicit Context(std::chrono::milliseconds timeout = std::chrono::seconds(30)) {
    set_deadline(std::chrono::system_clock::now() + timeout);
  }
};

class Client {
 public:
  explicit Client(const std::string& address)
      : channel_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())),
        test_(TestService::NewStub(channel_)) {}

  void EmptyUnary() {
    Context context;
    Empty response;
    ExpectStatus(test_->EmptyCall(&context, Empty(), &response), StatusCode::OK);
  }

  void LargeUnary() {
    Context context;
    CallLarge(&context, LargeRequest());
  }

  void ClientStreaming() {
    Context context;
    StreamingInputCallResponse response;
    auto writer = test_->StreamingInputCall(&context, &response);
    for (int size : kUploads) EXPECT(writer->Write(Upload(size)));
    writer->WritesDone();
    ExpectStatus(writer->Finish(), StatusCode::OK);
    EXPECT(response.aggregated_payload_size() == 74922);
  }

  void ServerStreaming() {
    Context context;
    StreamingOutputCallRequest request;
    for (auto [_, size] : kPingPong) request.add_response_parameters()->set_size(size);
    auto reader = test_->StreamingOutputCall(&context, request);
    StreamingOutputCallResponse response;
    for (auto [_, size] : kPingPong) {
      EXPECT(reader->Read(&response));
      EXPECT(response.payload().body() == std::string(size, '\0'));
    }
    EXPECT(!reader->Read(&response));
    ExpectStatus(reader->Finish(), StatusCode::OK);
  }

  void PingPong() {
    Context context;
    auto stream = test_->FullDuplexCall(&context);
    StreamingOutputCallResponse response;
    for (auto [size, wanted] : kPingPong) {
      EXPECT(stream->Write(Ping(size, wanted)));
      EXPECT(stream->Read(&response));
      EXPECT(response.payload().body() == std::string(wanted, '\0'));
    }
    stream->WritesDone();
    EXPECT(!stream->Read(&response));
    ExpectStatus(stream->Finish(), StatusCode::OK);
  }

  void EmptyStream() {
    Context context;
    auto stream = test_->FullDuplexCall(&context);
    stream->WritesDone();
    StreamingOutputCallResponse response;
    EXPECT(!stream->Read(&response));
    ExpectStatus(stream->Finish(), StatusCode::OK);
  }

  void CustomMetadata() {
    const std::string bytes("\x0a\x0b\x00\xff\x0a", 5);
    for (bool duplex : {false, true}) {
      Context context;
      context.AddMetadata("x-grpc-test-echo-initial", "test_initial_metadata_value");
      context.AddMetadata("x-grpc-test-echo-trailing-bin", bytes);
      if (duplex) {
        auto stream = test_->FullDuplexCall(&context);
        EXPECT(stream->Write(Ping(1, 1)));
        stream->WritesDone();
        StreamingOutputCallResponse response;
        while (stream->Read(&response)) continue;
        ExpectStatus(stream->Finish(), StatusCode::OK);
      } else {
        CallLarge(&context, LargeRequest());
      }
      auto initial = context.GetServerInitialMetadata().find("x-grpc-test-echo-initial");
      EXPECT(initial != context.GetServerInitialMetadata().end());
      EXPECT(initial->second == "test_initial_metadata_value");
      auto trailing = context.GetServerTrailingMetadata().find("x-grpc-test-echo-trailing-bin");
      EXPECT(trailing != context.GetServerTrailingMetadata().end());
      EXPECT(std::string(trailing->second.data(), trailing->second.size()) == bytes);
    }
  }

  void StatusCodeAndMessage() { EchoStatusWith("test status message"); }

  void SpecialStatusMessage() { EchoStatusWith(kSpecialMessage); }

  void UnimplementedMethod() {
    Context context;
    Empty response;
    ExpectStatus(test_->UnimplementedCall(&context, Empty(), &response),
                 StatusCode::UNIMPLEMENTED);
  }

  void UnimplementedService() {
    Context context;
    Empty response;
    auto stub = grpc::testing::UnimplementedService::NewStub(channel_);
    ExpectStatus(stub->UnimplementedCall(&context, Empty(), &response),
                 StatusCode::UNIMPLEMENTED);
  }

  void CancelAfterBegin() {
    Context context;
    StreamingInputCallResponse response;
    auto writer = test_->StreamingInputCall(&context, &response);
    context.TryCancel();
    ExpectStatus(writer->Finish(), StatusCode::CANCELLED);
  }

  void CancelAfterFirstResponse() {
    Context context;
    auto stream = test_->FullDuplexCall(&context);
    EXPECT(stream->Write(Ping(27182, 31415)));
    StreamingOutputCallResponse response;
    EXPECT(stream->Read(&response));
    context.TryCancel();
    EXPECT(!stream->Read(&response));
    ExpectStatus(stream->Finish(), StatusCode::CANCELLED);
  }

  void TimeoutOnSleepingServer() {
    Context context(std::chrono::milliseconds(50));
    auto stream = test_->FullDuplexCall(&context);
    auto request = Ping(27182, 8);
    request.mutable_response_parameters(0)->set_interval_us(10'000'000);
    stream->Write(request);
    StreamingOutputCallResponse response;
    EXPECT(!stream->Read(&response));
    ExpectStatus(stream->Finish(), StatusCode::DEADLINE_EXCEEDED);
  }

  void ClientCompressedUnary() {
    auto request = LargeRequest();
    request.mutable_expect_compressed()->set_value(true);
    Context probe;
    SimpleResponse response;
    ExpectStatus(test_->UnaryCall(&probe, request, &response), StatusCode::INVALID_ARGUMENT);
    for (bool compressed : {true, false}) {
      Context context;
      if (compressed) context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
      request.mutable_expect_compressed()->set_value(compressed);
      CallLarge(&context, request);
    }
  }

  void ServerCompressedUnary() {
    for (bool compressed : {true, false}) {
      Context context;
      auto request = LargeRequest();
      request.mutable_response_compressed()->set_value(compressed);
      CallLarge(&context, request);
    }
  }

  void ClientCompressedStreaming() {
    auto first = Upload(27182), second = Upload(45904);
    first.mutable_expect_compressed()->set_value(true);
    second.mutable_expect_compressed()->set_value(false);
    StreamingInputCallResponse response;
    {
      Context context;
      auto writer = test_->StreamingInputCall(&context, &response);
      writer->Write(first);
      writer->WritesDone();
      ExpectStatus(writer->Finish(), StatusCode::INVALID_ARGUMENT);
    }
    Context context;
    context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    auto writer = test_->StreamingInputCall(&context, &response);
    EXPECT(writer->Write(first));
    EXPECT(writer->Write(second, grpc::WriteOptions().set_no_compression()));
    writer->WritesDone();
    ExpectStatus(writer->Finish(), StatusCode::OK);
    EXPECT(response.aggregated_payload_size() == 73086);
  }

  void ServerCompressedStreaming() {
    Context context;
    StreamingOutputCallRequest request;
    for (auto [size, compressed] : {std::pair(31415, true), std::pair(92653, false)}) {
      auto* parameters = request.add_response_parameters();
      parameters->set_size(size);
      parameters->mutable_compressed()->set_value(compressed);
    }
    auto reader = test_->StreamingOutputCall(&context, request);
    StreamingOutputCallResponse response;
    for (int size : {31415, 92653}) {
      EXPECT(reader->Read(&response));
      EXPECT(response.payload().body() == std::string(size, '\0'));
    }
    EXPECT(!reader->Read(&response));
    ExpectStatus(reader->Finish(), StatusCode::OK);
  }

  void CacheCalls() {
    auto stub = cache::Cache::NewStub(channel_);
    Context watching;
    cache::StreamInvalidationsRequest watch;
    watch.add_patterns("cpp:*");
    auto stream = stub->StreamInvalidations(&watching, watch);
    cache::StreamInvalidationsResponse event;
    EXPECT(stream->Read(&event) && event.has_subscribed());

    cache::SetRequest set;
    set.set_key("cpp:1");
    set.set_value(std::string("\0value\xff", 7));
    cache::SetResponse stored;
    {
      Context context;
      ExpectStatus(stub->Set(&context, set, &stored), StatusCode::OK);
      EXPECT(stored.stored());
    }
    for (bool hit : {true, false}) {
      Context context;
      cache::GetRequest get;
      get.set_key(hit ? "cpp:1" : "cpp:absent");
      cache::GetResponse found;
      ExpectStatus(stub->Get(&context, get, &found), StatusCode::OK);
      EXPECT(found.hit() == hit);
      EXPECT(found.value() == (hit ? set.value() : ""));
    }
    do {
      EXPECT(stream->Read(&event));
    } while (!event.has_events());
    EXPECT(event.events().events(0).key() == "cpp:1");
    watching.TryCancel();
    ExpectStatus(stream->Finish(), StatusCode::CANCELLED);
    Context context;
    ExpectStatus(stub->Set(&context, cache::SetRequest(), &stored), StatusCode::INVALID_ARGUMENT);
  }

 private:
  static Payload Zeros(int size) {
    Payload payload;
    payload.set_body(std::string(size, '\0'));
    return payload;
  }

  static SimpleRequest LargeRequest() {
    SimpleRequest request;
    request.set_response_size(kResponseBytes);
    *request.mutable_payload() = Zeros(kRequestBytes);
    return request;
  }

  static StreamingInputCallRequest Upload(int size) {
    StreamingInputCallRequest request;
    *request.mutable_payload() = Zeros(size);
    return request;
  }

  static StreamingOutputCallRequest Ping(int size, int wanted) {
    StreamingOutputCallRequest request;
    *request.mutable_payload() = Zeros(size);
    request.add_response_parameters()->set_size(wanted);
    return request;
  }

  void CallLarge(ClientContext* context, const SimpleRequest& request) {
    SimpleResponse response;
    ExpectStatus(test_->UnaryCall(context, request, &response), StatusCode::OK);
    EXPECT(response.payload().type() == COMPRESSABLE);
    EXPECT(response.payload().body() == std::string(kResponseBytes, '\0'));
  }

  void EchoStatusWith(const std::string& message) {
    SimpleRequest request;
    request.mutable_response_status()->set_code(StatusCode::UNKNOWN);
    request.mutable_response_status()->set_message(message);
    Context unary;
    SimpleResponse response;
    auto status = test_->UnaryCall(&unary, request, &response);
    ExpectStatus(status, StatusCode::UNKNOWN);
    EXPECT(status.error_message() == message);

    Context duplex;
    auto stream = test_->FullDuplexCall(&duplex);
    StreamingOutputCallRequest ping;
    *ping.mutable_response_status() = request.response_status();
    stream->Write(ping);
    stream->WritesDone();
    StreamingOutputCallResponse pong;
    EXPECT(!stream->Read(&pong));
    status = stream->Finish();
    ExpectStatus(status, StatusCode::UNKNOWN);
    EXPECT(status.error_message() == message);
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<TestService::Stub> test_;
};

const std::map<std::string, void (Client::*)()> kCases = {
    {"cache", &Client::CacheCalls},
    {"cancel_after_begin", &Client::CancelAfterBegin},
    {"cancel_after_first_response", &Client::CancelAfterFirstResponse},
    {"client_compressed_streaming", &Client::ClientCompressedStreaming},
    {"client_compressed_unary", &Client::ClientCompressedUnary},
    {"client_streaming", &Client::ClientStreaming},
    {"custom_metadata", &Client::CustomMetadata},
    {"empty_stream", &Client::EmptyStream},
    {"empty_unary", &Client::EmptyUnary},
    {"large_unary", &Client::LargeUnary},
    {"ping_pong", &Client::PingPong},
    {"server_compressed_streaming", &Client::ServerCompressedStreaming},
    {"server_compressed_unary", &Client::ServerCompressedUnary},
    {"server_streaming", &Client::ServerStreaming},
    {"special_status_message", &Client::SpecialStatusMessage},
    {"status_code_and_message", &Client::StatusCodeAndMessage},
    {"timeout_on_sleeping_server", &Client::TimeoutOnSleepingServer},
    {"unimplemented_method", &Client::UnimplementedMethod},
    {"unimplemented_service", &Client::UnimplementedService},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    for (const auto& each : kCases) std::printf("%s\n", each.first.c_str());
    return argc == 1 ? 0 : 2;
  }
  auto found = kCases.find(argv[2]);
  if (found == kCases.end()) {
    std::fprintf(stderr, "no such case: %s\n", argv[2]);
    return 2;
  }
  Client client(argv[1]);
  (client.*found->second)();
  std::printf("OK: %s\n", argv[2]);
}
