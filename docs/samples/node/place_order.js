#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Places an order, the same once more, and one whose total is wrong; says what became of each.
//
// usage: npm ci && node place_order.js [BROKERS [PREFIX [ORDER_ID]]]
//
// PREFIX of the topics is `order`. A service that sends all day waits for many replies at a time.
"use strict";
const { randomUUID } = require("crypto");
const { AssignerProtocol, Kafka, Partitioners, logLevel } = require("kafkajs");

const PATIENCE = 3000; // milliseconds without a reply until a command is sent again
const TRIES = 20;

// What to do about an outcome; the exit code of this program.
const ADVICE = {
  accepted: [0, ""],
  rejected: [1, "the shop says no: do something else"],
  conflict: [1, "the order has changed: look at it again and decide anew, with a new id"],
  expired: [1, "it came too late: decide again"],
  invalid: [2, "it can never work as it is: repair the sender"],
  denied: [2, "this sender may not do it: ask for the right"],
  unavailable: [4, "not now: the same command with the same id, later"],
  internal: [5, "a fault of the service: its operator knows, and will repeat it"],
};

const ORDER = {
  customer_id: "0f3c9a52-6c1d-4c1e-9a77-3d1b0c6d2a10", channel: "web", currency: "GBP",
  prices_include_tax: true, ship_country: "GB", declared_total: "12.50",
  placed_at: new Date().toISOString(),
  lines: [{ line_no: 1, sku: "85123A", qty: 5, unit_price: "2.50", tax_ppm: 200000 }],
};

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// kafkajs reads in groups only. Ours has one member, and takes one partition of the topic.
const only = (topic, partition) => () => ({
  name: "only", version: 0,
  protocol: ({ topics }) => ({ name: "only", metadata: AssignerProtocol.MemberMetadata.encode(
    { version: 0, topics, userData: Buffer.alloc(0) }) }),
  assign: async ({ members }) => members.map(({ memberId }) => ({ memberId,
    memberAssignment: AssignerProtocol.MemberAssignment.encode(
      { version: 0, assignment: { [topic]: [partition] }, userData: Buffer.alloc(0) }) })),
});

class Sender {
  async start(brokers, prefix) {
    this.commands = `${prefix}.commands`;
    this.replies = `${prefix}.replies`;
    this.waiting = new Map(); // command id: who waits for its reply
    const kafka = new Kafka({ brokers: brokers.split(","), logLevel: logLevel.ERROR });
    // Idempotent: in order and once, although sending is tried again. Partitions are chosen as by
    // clients in Java (murmur2): else the commands of one order are in two of them.
    this.producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1,
      allowAutoTopicCreation: false, createPartitioner: Partitioners.DefaultPartitioner });
    const admin = kafka.admin();
    await Promise.all([this.producer.connect(), admin.connect()]);
    const partitions = await admin.fetchTopicOffsets(this.replies);
    await admin.disconnect();
    // One partition of the replies is ours. Others may have picked it too: the ids tell.
    const { partition, high } = partitions[Math.floor(Math.random() * partitions.length)];
    this.partition = partition;
    this.consumer = kafka.consumer({ groupId: `place-order-${randomUUID()}`,
      allowAutoTopicCreation: false, partitionAssigners: [only(this.replies, partition)] });
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: [this.replies] });
    await this.consumer.run({
      autoCommit: false, eachMessage: async ({ message }) => this.take(message) });
    this.consumer.seek({ topic: this.replies, partition, offset: high });
  }

  take({ headers, value }) {
    const resolve = this.waiting.get(String(headers.ce_causationid));
    if (resolve) resolve(JSON.parse(value));
  }

  // The reply, or undefined after a while without one.
  sendOnce(kind, streamId, body, id, correlationId) {
    const headers = {
      ce_specversion: "1.0", ce_type: `order.command.${kind}.v1`, ce_id: id,
      ce_source: "place_order.js", ce_correlationid: correlationId,
      "content-type": "application/json",
      reply_topic: this.replies, reply_partition: String(this.partition) };
    const messages = [{ key: streamId, value: JSON.stringify(body), headers }];
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, PATIENCE);
      this.waiting.set(id, (reply) => { clearTimeout(timer); resolve(reply); });
      // Kafka having it promises nothing: the reply counts.
      this.producer.send({ topic: this.commands, acks: -1, messages }).catch(reject);
    });
  }

  // Sends until there is an answer. One id has one outcome, however often it is sent.
  async ask(kind, streamId, body, id, correlationId) {
    let reply;
    for (let tries = 0; tries < TRIES; tries++) {
      reply = await this.sendOnce(kind, streamId, body, id, correlationId);
      if (reply && reply.outcome !== "unavailable") break;
      if (reply) await sleep(reply.retry_after_ms || 1000);
    }
    this.waiting.delete(id);
    return reply;
  }

  stop() {
    return Promise.all([this.producer.disconnect(), this.consumer.disconnect()]);
  }
}

// Prints a reply; returns the exit code for it.
function tell(what, reply) {
  const [code, advice] = reply ? ADVICE[reply.outcome] : [4, "no answer"];
  const { outcome, code: reason, field, replayed } = reply || {};
  const words = [outcome, reason, field, replayed && "replayed", advice].filter(Boolean);
  console.log(`${what}: ${words.join(", ")}`);
  return code;
}

async function main(brokers = "127.0.0.1:9092", prefix = "order", orderId = randomUUID()) {
  const commandId = randomUUID();
  const checkout = randomUUID(); // what all of this is about
  const sender = new Sender();
  await sender.start(brokers, prefix);
  const placed = await sender.ask("place-order", orderId, ORDER, commandId, checkout);
  process.exitCode = tell(`order ${orderId}`, placed);
  tell("the same", await sender.ask("place-order", orderId, ORDER, commandId, checkout));
  const wrong = { ...ORDER, declared_total: "1.00" };
  const id = randomUUID();
  tell("a wrong total", await sender.ask("place-order", randomUUID(), wrong, id, checkout));
  await sender.stop();
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
